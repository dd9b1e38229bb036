#pragma once

#include <map>
#include <string>

#include "base/status.h"
#include "model/commit.h"
#include "model/enrolment.h"
#include "model/entry.h"

namespace forewarn {

// Tokens is the fold over enrolment tokens: made by an operator, used once, kept as a record of who
// came in with which. Lives in the control partition's shard; not thread-safe.
class Tokens {
 public:
  void Restore(EnrolmentToken token);

  // Takes a CreateTokenCommand or a UseTokenCommand; anything else changes nothing. For a use,
  // `reply` is the record of the token as used. Fails, changing nothing: kAlreadyExists for the
  // same hash again, kUnauthenticated with the reason for a token that is unknown, expired or used.
  // Tokens that ended more than 30 days ago are forgotten on the way.
  Status Apply(const Entry& entry, Commit& commit);

  // Whether a token with this hash could be used at `now`; kUnauthenticated with the reason otherwise.
  Status Check(const std::string& hash, Timestamp now) const;

  const std::map<std::string, EnrolmentToken>& all() const { return tokens_; }

 private:
  Status Create(const EnrolmentToken& token, Commit& commit);
  Status Use(const UseTokenCommand& command, Timestamp now, Commit& commit);
  void Forget(Timestamp now, Commit& commit);

  std::map<std::string, EnrolmentToken> tokens_;  // by hash
};

}  // namespace forewarn
