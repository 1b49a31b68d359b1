"""The ground: streets, travel times, snapping, fences, datums; arrays in, arrays out, no file and no clock."""
