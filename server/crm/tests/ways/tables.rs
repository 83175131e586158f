//! What actors may do with a customer, by what they have to do with it: the tables that verbs and ways follow.

/// Per actor, one sign for each kind of customer in the order of `KINDS`: `x` may, `0` is told there is no such
/// customer (404), `-` the role never may (403).
pub type Table = &'static [(&'static str, &'static str)];

#[rustfmt::skip]
pub const READ: Table = &[
    //           own assisted colleague child sibling parent foreign
    ("alice",    "xx00000"),
    ("head",     "x0xx000"),
    ("east",     "x0xxxx0"),
    ("west",     "0x0000x"),
    ("boss",     "xxxxxxx"),
    ("admin",    "-------"),
    ("security", "-------"),
    ("auditor",  "-------"),
];

#[rustfmt::skip]
pub const WRITE: Table = &[
    ("alice",    "xx00000"),
    ("head",     "x0xx000"),
    ("east",     "x0xxxx0"),
    ("west",     "0x0000x"),
    ("boss",     "-------"),
    ("admin",    "-------"),
    ("security", "-------"),
    ("auditor",  "-------"),
];

/// What a manager asked for is decided above.
#[rustfmt::skip]
pub const DECIDE: Table = &[
    ("alice",    "-------"),
    ("head",     "x0xx000"),
    ("east",     "x0xxxx0"),
    ("west",     "0x0000x"),
    ("boss",     "xxxxxxx"),
    ("admin",    "-------"),
    ("security", "-------"),
    ("auditor",  "-------"),
];

/// Of whoever heads the customer's unit, or one above it.
#[rustfmt::skip]
pub const HEADS: Table = &[
    ("alice",    "-------"),
    ("head",     "x0xx000"),
    ("east",     "x0xxxx0"),
    ("west",     "0x0000x"),
    ("boss",     "-------"),
    ("admin",    "-------"),
    ("security", "-------"),
    ("auditor",  "-------"),
];

/// Who assists helps with everything but the profile: that is the lead's.
#[rustfmt::skip]
pub const EDIT: Table = &[
    ("alice",    "x-00000"),
    ("head",     "x0xx000"),
    ("east",     "x0xxxx0"),
    ("west",     "0x0000x"),
    ("boss",     "-------"),
    ("admin",    "-------"),
    ("security", "-------"),
    ("auditor",  "-------"),
];

/// Who may hand over what its lead has: whoever heads the lead, or is the lead. Nobody leads what is in the pool.
#[rustfmt::skip]
pub const OVER: Table = &[
    //           own assisted colleague child sibling parent foreign
    ("alice",    "x000000"),
    ("head",     "x0x0000"),
    ("east",     "x0x0000"),
    ("west",     "0x0000x"),
    ("boss",     "-------"),
    ("admin",    "-------"),
    ("security", "-------"),
    ("auditor",  "-------"),
];

/// A transfer shows itself to whom it concerns: who gives or receives, and the heads of the units. So does the board
/// of the customer's unit: what a manager assists elsewhere is on another board.
#[rustfmt::skip]
pub const CONCERNED: Table = &[
    //           own assisted colleague child sibling parent foreign
    ("alice",    "x000000"),
    ("head",     "x0xx000"),
    ("east",     "x0xxxx0"),
    ("west",     "0x0000x"),
    ("boss",     "xxxxxxx"),
    ("admin",    "-------"),
    ("security", "-------"),
    ("auditor",  "-------"),
];

/// Nobody takes back what another has asked for, also where it may be seen.
#[rustfmt::skip]
pub const ANOTHERS: Table = &[
    ("alice",    "-000000"),
    ("head",     "-0--000"),
    ("east",     "-0----0"),
    ("west",     "0-0000-"),
    ("boss",     "-------"),
    ("admin",    "-------"),
    ("security", "-------"),
    ("auditor",  "-------"),
];

/// Nobody agrees to the own request, whatever is in scope.
#[rustfmt::skip]
pub const OWN: Table = &[
    ("alice",    "-------"),
    ("head",     "-0--000"),
    ("east",     "-0----0"),
    ("west",     "0-0000-"),
    ("boss",     "-------"),
    ("admin",    "-------"),
    ("security", "-------"),
    ("auditor",  "-------"),
];

/// Nor to what has left the scope since it was asked for; who has both sides still does.
#[rustfmt::skip]
pub const LOST: Table = &[
    ("alice",    "-------"),
    ("head",     "0000000"),
    ("east",     "0000000"),
    ("west",     "0000000"),
    ("boss",     "xxxxxxx"),
    ("admin",    "-------"),
    ("security", "-------"),
    ("auditor",  "-------"),
];

/// What is done is undone by heads of units.
#[rustfmt::skip]
pub const BACK: Table = &[
    ("alice",    "-000000"),
    ("head",     "x0xx000"),
    ("east",     "x0xxxx0"),
    ("west",     "0x0000x"),
    ("boss",     "-------"),
    ("admin",    "-------"),
    ("security", "-------"),
    ("auditor",  "-------"),
];

/// Heads end what the lead assists in.
#[rustfmt::skip]
pub const RELEASE: Table = &[
    ("alice",    "-------"),
    ("head",     "x0x0000"),
    ("east",     "x0x0000"),
    ("west",     "0x0000x"),
    ("boss",     "-------"),
    ("admin",    "-------"),
    ("security", "-------"),
    ("auditor",  "-------"),
];

/// Managers take from the pool of their own unit, whoever led the customer before.
#[rustfmt::skip]
pub const PICK: Table = &[
    ("alice",    "x0x0000"),
    ("head",     "-------"),
    ("east",     "-------"),
    ("west",     "-------"),
    ("boss",     "-------"),
    ("admin",    "-------"),
    ("security", "-------"),
    ("auditor",  "-------"),
];

/// Requests for tiers stand in a list that administrators and security officers find empty.
#[rustfmt::skip]
pub const WAITING: Table = &[
    ("alice",    "xx00000"),
    ("head",     "x0xx000"),
    ("east",     "x0xxxx0"),
    ("west",     "0x0000x"),
    ("boss",     "xxxxxxx"),
    ("admin",    "0000000"),
    ("security", "0000000"),
    ("auditor",  "-------"),
];
