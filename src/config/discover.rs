//! Where configurations are: the nearest one above a path, up to the root of its repository.

use std::path::{Path, PathBuf};

use crate::source::Provider;
use crate::source::paths::git_root;

/// Names of a configuration file; the first outweighs the second in the same directory.
pub const FILE_NAMES: [&str; 2] = ["sqlmoat.toml", ".sqlmoat.toml"];

/// Whether a path is that of a configuration file.
pub fn is_config(path: &Path) -> bool {
    path.file_name().is_some_and(|name| FILE_NAMES.iter().any(|known| name == *known))
}

/// The directory that nothing is read outside of: the git repository that holds `dir`; without one, the working
/// directory if `dir` is below it, else `dir` itself.
pub fn boundary(working: &Path, dir: &Path) -> PathBuf {
    git_root(dir)
        .unwrap_or_else(|| if dir.starts_with(working) { working.to_owned() } else { dir.to_owned() })
}

/// The configuration of `dir`: in it or in the nearest directory above it within `boundary`.
pub fn nearest(provider: &Provider, dir: &Path, boundary: &Path) -> Option<PathBuf> {
    dir.ancestors()
        .take_while(|above| above.starts_with(boundary))
        .find_map(|above| in_directory(provider, above, boundary))
}

/// The configuration file in this very directory. A link that leads out of the boundary is none.
pub fn in_directory(provider: &Provider, dir: &Path, boundary: &Path) -> Option<PathBuf> {
    let is_file = |path: &Path| provider.is_file(path).unwrap_or(false);
    let mut paths = FILE_NAMES.iter().map(|name| dir.join(name));
    paths.find(|path| is_file(path) && provider.is_inside(boundary, path))
}
