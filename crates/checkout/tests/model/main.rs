//! The saga's table searched as a model: two servers, two checkouts, one unit of stock, a provider whose calls and answers
//! get lost, come late and come again, servers that die or stand still, buyers who act or call it off, operators who say.
//!
//! Every state that can be reached is visited, and judged by the promises that always hold; from every one of them, the
//! world comes to rest once nothing goes wrong any more, and is judged again. What decides is what ships: `saga::next`,
//! `saga::transition`, `saga::said` and `payment::judge` themselves. Only what stores and providers promise is modelled
//! here, in as few words as they have; that they keep it is shown elsewhere. Each defect that is planted must be found.

mod bank;
mod defects;
mod moves;
mod rules;
mod search;
mod shipped;
mod town;
