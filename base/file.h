#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace forewarn {

// Whole files. Messages name the path and the system's reason.

// Refuses files above `max_bytes`, so that a wrong path does not eat the memory.
StatusOr<std::string> ReadFile(const std::string& path, size_t max_bytes = 64 << 20);

// The file holds either what it held or all of `content`, also after a power loss: writes beside
// it, syncs, renames, syncs the folder. `mode` as in chmod; a secret is 0600.
Status WriteFileAtomically(const std::string& path, std::string_view content, unsigned mode = 0644);

// Makes the folder and its parents; an existing folder is success. New ones get `mode`.
Status MakeDirs(const std::string& path, unsigned mode = 0755);

// Names (not paths) of what lies in the folder, sorted; no `.` and `..`.
StatusOr<std::vector<std::string>> ListDir(const std::string& path);

bool FileExists(const std::string& path);

}  // namespace forewarn
