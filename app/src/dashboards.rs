//! Dashboards: the bank, its managers, its products and the value of its customers.

mod api;
mod bank;
mod frame;
mod manager;
mod managers;
mod page;
mod products;
mod sheet;
mod targets;
mod text;
mod value;

pub use bank::BankRoute;
pub use manager::ManagerRoute;
pub use managers::ManagersRoute;
pub use products::ProductsRoute;
pub use targets::TargetsRoute;
pub use value::ValueRoute;
