//! Rule packs, their way into the files that AI assistants read, and the checker: the room is reserved, and empty so far.
