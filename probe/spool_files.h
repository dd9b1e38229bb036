#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace forewarn {

// Parts of files, as the spool writes and reads them. Messages name the path and the system's
// reason.

// All of `bytes` at byte `at`. The message is the system's reason alone.
Status WriteAll(int fd, std::string_view bytes, int64_t at);

// DATA_LOSS when the file cannot be opened or ends before `from + size`.
StatusOr<std::string> ReadRange(const std::string& path, uint64_t from, uint64_t size);

// As WriteFileAtomically(), but for a kill only, not for a power loss.
Status ReplaceFile(const std::string& path, std::string_view bytes);

// Makes the names in the folder as durable as the disk can; a folder that cannot be synced is
// left as it is.
void SyncFolder(const std::string& path);

// What errno means.
std::string SystemReason();

}  // namespace forewarn
