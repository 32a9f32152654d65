//! How well the desk does, in numbers that say what they mean: definitions,
//! windows, and the arithmetic from counted facts to answers.

mod answer;
mod attainment;
mod definition;
mod distribution;
mod question;
mod waiting;
mod window;

pub use self::answer::{Answer, Responses, Tally, Value, first_level, resolved, responses};
pub use self::attainment::{ATTAINMENT, Attainment, Decided, Kept, Outcome};
pub use self::definition::{Exclusion, FIRST_RESPONSE_SECONDS, Goal, Measure, Name, Unit};
pub use self::distribution::{Distribution, Statistics};
pub use self::question::{Filter, Question};
pub use self::waiting::{StateChange, Waiting};
pub use self::window::{Bound, Bounds, UnknownZone, Window, WindowFault, Zone};
