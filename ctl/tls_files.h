#pragma once

#include <string>

#include "base/status.h"

namespace forewarn {

// A file of the connection and what is in it.
struct TlsFile {
  std::string path;
  std::string pem;
};

// Whether gRPC can make a connection of these: it would fail at the first call, and name no file.
// kInvalidArgument names the option, the file and the remedy. Does not verify who signed what: that is
// between the two ends.
Status CheckTlsFiles(const TlsFile& authority, const TlsFile& certificate, const TlsFile& key);

}  // namespace forewarn
