#include "collector/source_tokens.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/fingerprint.h"
#include "base/random.h"
#include "base/record.h"

namespace forewarn {
namespace {

constexpr std::string_view kPrefix = "fws1.";
constexpr size_t kHexDigits = 64;
constexpr Duration kRemembered = 30 * 24h;

}  // namespace

std::string MakeSourceToken() { return std::string(kPrefix) + RandomHex(kHexDigits / 2); }

bool IsSourceToken(std::string_view text) {
  if (text.size() != kPrefix.size() + kHexDigits || !text.starts_with(kPrefix)) return false;
  return std::ranges::all_of(text.substr(kPrefix.size()), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
}

std::string SourceId(std::string_view customer, std::string_view installation,
                     std::string_view source) {
  Fingerprint names = Fingerprint::Of(customer).Add(installation).Add(source);
  std::string hex = Fingerprint::Of("forewarn source").Add(names.ToString()).ToString() +
                    names.Add("forewarn source").ToString();
  hex[12] = '8';  // version: of our own making
  hex[16] = '8';  // variant
  return fmt::format("{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4),
                     hex.substr(16, 4), hex.substr(20));
}

std::string_view DoorName(SourceToken::Door door) {
  switch (door) {
    case SourceToken::Door::kPrometheus: return "prometheus";
    case SourceToken::Door::kOtlp: return "otlp";
    case SourceToken::Door::kAlertmanager: return "alertmanager";
    case SourceToken::Door::kQuery: return "query";
  }
  return "unknown";
}

StatusOr<SourceToken::Door> ParseDoor(std::string_view name) {
  using Door = SourceToken::Door;
  for (Door door : {Door::kPrometheus, Door::kOtlp, Door::kAlertmanager, Door::kQuery}) {
    if (name == DoorName(door)) return door;
  }
  return InvalidArgument(
      fmt::format("door: '{}' is none; there is prometheus, otlp, alertmanager and query", name));
}

void SourceTokens::Restore(SourceToken token) {
  std::string hash = token.hash;
  tokens_.insert_or_assign(std::move(hash), std::move(token));
}

Status SourceTokens::Apply(const Entry& entry, Commit& commit) {
  const auto* command = std::get_if<Command>(&entry.what);
  if (command == nullptr) return OkStatus();
  if (const auto* create = std::get_if<CreateSourceTokenCommand>(command)) {
    FW_RETURN_IF_ERROR(Create(create->token, commit));
    Forget(entry.arrival, commit);
  } else if (const auto* revoke = std::get_if<RevokeSourceTokenCommand>(command)) {
    return Revoke(revoke->hash, commit);
  }
  return OkStatus();
}

Status SourceTokens::Create(const SourceToken& token, Commit& commit) {
  for (const auto& [hash, other] : tokens_) {
    if (other.source_id == token.source_id && other.door != token.door) {
      return FailedPrecondition(
          fmt::format("source '{}' of {}/{} sends through the door {} already; give this one "
                      "another name",
                      token.source, token.customer, token.installation, DoorName(other.door)));
    }
  }
  if (!tokens_.emplace(token.hash, token).second) {
    return AlreadyExists("this token was created before; create another one");
  }
  commit.state.push_back({StateKind::kSourceToken, token.hash, EncodeRecord(token)});
  return OkStatus();
}

Status SourceTokens::Revoke(const std::string& hash, Commit& commit) {
  auto found = tokens_.find(hash);
  if (found == tokens_.end()) {
    return NotFound("there is no such token; `forewarnctl source-token list` shows them");
  }
  commit.reply = EncodeRecord(found->second);
  commit.state.push_back({StateKind::kSourceToken, hash, ""});
  tokens_.erase(found);
  return OkStatus();
}

void SourceTokens::Forget(Timestamp now, Commit& commit) {
  for (auto it = tokens_.begin(); it != tokens_.end();) {
    const SourceToken& token = it->second;
    if (token.expires_at && *token.expires_at + kRemembered < now) {
      commit.state.push_back({StateKind::kSourceToken, token.hash, ""});
      it = tokens_.erase(it);
    } else {
      ++it;
    }
  }
}

}  // namespace forewarn
