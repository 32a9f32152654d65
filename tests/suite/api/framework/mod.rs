//! What is common to all operations: refusals, layers, extractors, the
//! description. The routes here exist only to be asked.

mod described;
mod desk;
mod extractors;
mod life;
mod limits;
mod refusals;
mod wire;
