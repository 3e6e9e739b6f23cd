//! Nothing here: everything is in `tests/it`.
