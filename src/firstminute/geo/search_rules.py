"""Turn rules as one automaton: what was driven so far, as far as a rule cares, and what may follow.

Idea: the paths of all rules form a trie; the state after a trip is the longest end of it that some rule begins with (Aho-Corasick), so a
rule over via-ways costs one more state and nothing elsewhere. Source: Aho & Corasick 1975; the reading of `only_*` over via-ways follows
GraphHopper pull request 2689: who passes its first arc must follow the path. Limits: none known; time and memory are linear in the rules.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from firstminute.geo.network import Turns

ROOT = 0


@dataclass(slots=True)
class Automaton:
    """Trie of rule paths with fall-back links; state 0 = no rule cares.

    Attributes
    ----------
    child : state -> {arc: state}
    fall_back : state -> state of the longest proper end of its path
    depth : state -> arcs in its path
    banned : state -> arcs that would complete a forbidden path that starts where this state's path starts
    bound : state -> arcs of the `only` paths still open from that start; empty = not bound
    """

    child: list[dict[int, int]] = field(default_factory=lambda: [{}])
    fall_back: list[int] = field(default_factory=lambda: [ROOT])
    depth: list[int] = field(default_factory=lambda: [0])
    banned: list[set[int]] = field(default_factory=lambda: [set()])
    bound: list[set[int]] = field(default_factory=lambda: [set()])

    def follow(self, state: int, arc: int) -> int:
        """The state after one more arc."""
        while True:
            found = self.child[state].get(arc)
            if found is not None:
                return found
            if state == ROOT:
                return ROOT
            state = self.fall_back[state]

    def allows(self, state: int, arc: int) -> bool:
        """Whether an arc may follow: no rule that is under way forbids it, every `only` that is under way names it."""
        while state != ROOT:
            if arc in self.banned[state] or (self.bound[state] and arc not in self.bound[state]):
                return False
            state = self.fall_back[state]
        return True


def build_automaton(turns: Turns) -> Automaton:
    """The automaton of a mode's rules; a path's own end is no state, since nothing is left to follow there."""
    machine = Automaton()
    starts = turns.rule_start.tolist()
    flat = turns.rule_arc.tolist()
    paths = [tuple(flat[a:b]) for a, b in pairwise(starts)]
    only = [path for path, is_only in zip(paths, turns.rule_only.tolist(), strict=True) if is_only]
    done = set(only)
    for path in paths:
        state = ROOT
        for arc in path[:-1]:
            state = machine.child[state].get(arc) or _grow(machine, state, arc)
    for path, is_only in zip(paths, turns.rule_only.tolist(), strict=True):
        if not is_only:
            machine.banned[_walk(machine, path[:-1])].add(path[-1])
            continue
        for length in range(1, len(path)):
            if any(path[:shorter] in done for shorter in range(2, length + 1)):
                break  # a shorter `only` from the same arc is fulfilled here: nothing binds any more
            machine.bound[_walk(machine, path[:length])].add(path[length])
    _link(machine)
    return machine


def _grow(machine: Automaton, state: int, arc: int) -> int:
    new = len(machine.child)
    machine.child[state][arc] = new
    machine.child.append({})
    machine.fall_back.append(ROOT)
    machine.depth.append(machine.depth[state] + 1)
    machine.banned.append(set())
    machine.bound.append(set())
    return new


def _walk(machine: Automaton, path: tuple[int, ...]) -> int:
    state = ROOT
    for arc in path:
        state = machine.child[state][arc]
    return state


def _link(machine: Automaton) -> None:
    """Fall-back links, breadth first."""
    queue = list(machine.child[ROOT].values())
    for state in queue:
        for arc, child in machine.child[state].items():
            machine.fall_back[child] = machine.follow(machine.fall_back[state], arc)
            queue.append(child)
