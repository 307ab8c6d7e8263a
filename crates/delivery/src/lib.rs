//! Messages that leave the shop: what a mail says, and the folder that it is put into.
//!
//! Decides the words to a buyer and when a message counts as delivered. Leaves which events must be told, and when to try
//! again, to checkout's outbox.

pub mod folder;
pub mod mail;
