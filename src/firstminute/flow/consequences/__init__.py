"""The reactions' functions, one file a subject: each looks at the state after a fact and answers with what follows from it."""
