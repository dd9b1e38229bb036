#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "base/time.h"
#include "model/source_token.h"

namespace forewarn {

// What the doors know of the tokens in force: a copy of the control shard's, kept up by the commits.
// Thread-safe: every request asks, and its thread must not wait for a shard.
class TokenDirectory {
 public:
  // After a commit: the token under `hash` is this one now; an empty record takes it away, and it is
  // then returned.
  std::optional<SourceToken> Keep(const std::string& hash, const std::string& record);

  // Who speaks, from the value of an Authorization header (collector/authorization.h). kUnauthenticated without
  // one, or with one that is unknown, expired or revoked; kPermissionDenied when it is for another
  // door. Which of them says no more about a token than that it exists.
  StatusOr<SourceToken> Check(std::string_view authorization, SourceToken::Door door,
                              Timestamp now) const;

 private:
  // Requests read while commits write, on threads of their own; neither holds it for longer than a
  // look-up.
  mutable std::mutex mutex_;
  std::map<std::string, SourceToken, std::less<>> tokens_;  // by hash
};

}  // namespace forewarn
