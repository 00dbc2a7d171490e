//! Options about a login: who, how, and where the password comes from.

use std::path::PathBuf;

use clap::Args;

use crate::headless::Password;

/// Who logs in, and how.
#[derive(Args, Clone, Debug, Default)]
pub struct LoginArgs {
    /// Log in as this user; the password comes from --password-env and the like, or is asked for
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
    /// Log in, by one of these mechanisms, by comma; without names, by the strongest one offered
    #[arg(short, long, value_name = "MECHANISMS", num_args = 0..=1, default_missing_value = "", value_delimiter = ',')]
    pub auth: Option<Vec<String>>,
    /// Send without a login where none of the mechanisms is offered
    #[arg(long)]
    pub auth_optional: bool,
    /// Try the mechanisms of --auth even if they are not offered
    #[arg(long, requires = "auth", conflicts_with = "auth_optional")]
    pub auth_anyway: bool,
}

/// Where the password of a login comes from.
#[derive(Args, Clone, Debug, Default)]
#[expect(clippy::struct_field_names, reason = "the options are called so")]
pub struct PasswordArgs {
    /// Take the password of a login from this variable of the environment
    #[arg(long, global = true, value_name = "NAME", group = "password")]
    password_env: Option<String>,
    /// Take the password of a login from the first line of this file
    #[arg(long, global = true, value_name = "FILE", group = "password")]
    password_file: Option<PathBuf>,
    /// Take the password of a login from what this command prints
    #[arg(long, global = true, value_name = "CMD", group = "password")]
    password_command: Option<String>,
}

impl PasswordArgs {
    /// The same in one word.
    pub fn password(&self) -> Password {
        let environment = self.password_env.clone().map(Password::Environment);
        let file = || self.password_file.clone().map(Password::File);
        let command = || self.password_command.clone().map(Password::Command);
        environment.or_else(file).or_else(command).unwrap_or_default()
    }
}
