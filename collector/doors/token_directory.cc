#include "collector/doors/token_directory.h"

#include <fmt/format.h>

#include "base/check.h"
#include "base/record.h"
#include "base/units.h"
#include "collector/authorization.h"
#include "collector/source_tokens.h"
#include "collector/x509.h"

namespace forewarn {

std::optional<SourceToken> TokenDirectory::Keep(const std::string& hash,
                                                const std::string& record) {
  if (record.empty()) {
    std::lock_guard lock(mutex_);
    auto found = tokens_.extract(hash);
    if (found.empty()) return std::nullopt;
    return std::move(found.mapped());
  }
  StatusOr<SourceToken> token = DecodeRecord<SourceToken>(record);
  FW_CHECK(token.ok());  // our own shard wrote it
  std::lock_guard lock(mutex_);
  tokens_.insert_or_assign(hash, *std::move(token));
  return std::nullopt;
}

StatusOr<SourceToken> TokenDirectory::Check(std::string_view authorization, SourceToken::Door door,
                                            Timestamp now) const {
  const std::string text = SecretOf(authorization);
  if (text.empty()) {
    return Unauthenticated(
        "this needs a token: send `Authorization: Bearer TOKEN`, or it as the password of Basic, "
        "with the text that `forewarnctl source-token create` printed");
  }
  if (!IsSourceToken(text)) {
    return Unauthenticated(
        "this is not a source's token; use the text that `forewarnctl source-token create` "
        "printed, "
        "as it is");
  }
  std::string hash = Sha256Hex(text);
  std::lock_guard lock(mutex_);
  auto found = tokens_.find(hash);
  if (found == tokens_.end()) {
    return Unauthenticated(
        "the token is unknown to this collector, or was revoked; create one with "
        "`forewarnctl source-token create`");
  }
  const SourceToken& token = found->second;
  if (token.expires_at && now >= *token.expires_at) {
    return Unauthenticated(
        fmt::format("the token expired at {}; create another one with "
                    "`forewarnctl source-token create`",
                    FormatTime(*token.expires_at)));
  }
  if (token.door != door) {
    return PermissionDenied(
        fmt::format("the token is for the door {} and not for {}; create one with "
                    "`forewarnctl source-token create --door {}`",
                    DoorName(token.door), DoorName(door), DoorName(door)));
  }
  return token;
}

}  // namespace forewarn
