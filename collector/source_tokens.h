#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/status.h"
#include "model/commit.h"
#include "model/entry.h"
#include "model/source_token.h"

namespace forewarn {

// The text of a source's token: `fws1.` and 64 hex digits. The collector keeps its SHA-256.
std::string MakeSourceToken();
// Whether a text has that form; it may still be nobody's.
bool IsSourceToken(std::string_view text);

// The id of a source: the same for the same three names, for ever, so that a source that gets a new
// token keeps its series. A UUID of version 8.
std::string SourceId(std::string_view customer, std::string_view installation,
                     std::string_view source);

// `prometheus`, `otlp`, `alertmanager`.
std::string_view DoorName(SourceToken::Door door);
StatusOr<SourceToken::Door> ParseDoor(std::string_view name);

// SourceTokens is the fold over the tokens of the other doors. A source may have several at a time,
// so that one can take the place of another without a pause. Lives in the control partition's
// shard; not thread-safe.
class SourceTokens {
 public:
  void Restore(SourceToken token);

  // Takes a CreateSourceTokenCommand or a RevokeSourceTokenCommand; anything else changes nothing.
  // Fails, changing nothing: kAlreadyExists for the same hash again, kFailedPrecondition for a
  // source that sends through another door, kNotFound for revoking what is not there. The reply to a
  // revocation is the SourceToken as it was. Tokens that expired 30 days ago are forgotten on the
  // way.
  Status Apply(const Entry& entry, Commit& commit);

  const std::map<std::string, SourceToken>& all() const { return tokens_; }

 private:
  Status Create(const SourceToken& token, Commit& commit);
  Status Revoke(const std::string& hash, Commit& commit);
  void Forget(Timestamp now, Commit& commit);

  std::map<std::string, SourceToken> tokens_;  // by hash
};

}  // namespace forewarn
