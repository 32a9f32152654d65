//! Key performance indicators. Tickets contribute entries, which follow from
//! their histories; entries are summed up in cubes; numbers are read from sums.

mod answer;
mod attainment;
mod automation;
mod backlog;
mod contribution;
mod cube;
mod definition;
mod drill;
mod entry;
mod numbers;
mod period;
mod question;
mod sketch;
mod span;
mod statistics;
mod target;
mod window;

pub use self::answer::{Answer, Automation, Detail, Responses, Satisfaction, Uptime, Value};
pub use self::attainment::{ATTAINMENT, Attainment, Decided, Kept, Outcome};
pub use self::backlog::{Age, Backlog, STEPS, Waiting};
pub use self::contribution::entries;
pub use self::cube::{Board, Cell, CellKey, Cube, Grain, NotACube, Part, VERSION};
pub use self::definition::{Exclusion, Measure, Name, Unit};
pub use self::drill::{Behind, Counted, List};
pub use self::entry::{Entry, EntryKind, Marks, Traits, WAITS};
pub use self::numbers::{Source, decided};
pub use self::period::Period;
pub use self::question::{Dimension, Filter, Question};
pub use self::sketch::Sketch;
pub use self::span::{Range, Span, without};
pub use self::statistics::Statistics;
pub use self::target::{Goal, Statistic, Targets};
pub use self::window::{Bound, Bounds, UnknownZone, Window, WindowFault, Zone};
