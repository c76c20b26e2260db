//! The rollout of one Deployment, over time and step by step.

pub mod chart;
pub mod history;
pub mod model;
pub mod settings;
pub mod side;
pub mod steps;
pub mod view;
