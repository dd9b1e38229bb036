#include "collector/tokens.h"

#include <fmt/format.h>

#include "base/record.h"
#include "base/units.h"

namespace forewarn {

namespace {

constexpr Duration kRemembered = 30 * 24h;

StatePut Record(const EnrolmentToken& token) {
  return {StateKind::kToken, token.hash, EncodeRecord(token)};
}

}  // namespace

void Tokens::Restore(EnrolmentToken token) {
  std::string hash = token.hash;
  tokens_.insert_or_assign(std::move(hash), std::move(token));
}

Status Tokens::Apply(const Entry& entry, Commit& commit) {
  const auto* command = std::get_if<Command>(&entry.what);
  if (command == nullptr) return OkStatus();
  if (const auto* create = std::get_if<CreateTokenCommand>(command)) {
    FW_RETURN_IF_ERROR(Create(create->token, commit));
    Forget(entry.arrival, commit);
  } else if (const auto* use = std::get_if<UseTokenCommand>(command)) {
    return Use(*use, entry.arrival, commit);
  }
  return OkStatus();
}

Status Tokens::Create(const EnrolmentToken& token, Commit& commit) {
  if (!tokens_.emplace(token.hash, token).second) {
    return AlreadyExists("this token was created before; create another one");
  }
  commit.state.push_back(Record(token));
  return OkStatus();
}

Status Tokens::Check(const std::string& hash, Timestamp now) const {
  auto found = tokens_.find(hash);
  if (found == tokens_.end()) {
    return Unauthenticated(
        "the token is unknown to this collector; create one with `forewarnctl token create`");
  }
  const EnrolmentToken& token = found->second;
  if (token.used_at) {
    return Unauthenticated(
        fmt::format("the token was used at {} and is good for one probe; create another one with "
                    "`forewarnctl token create`",
                    FormatTime(*token.used_at)));
  }
  if (now >= token.expires_at) {
    return Unauthenticated(
        fmt::format("the token expired at {}; create another one with `forewarnctl token create`",
                    FormatTime(token.expires_at)));
  }
  return OkStatus();
}

Status Tokens::Use(const UseTokenCommand& command, Timestamp now, Commit& commit) {
  FW_RETURN_IF_ERROR(Check(command.hash, now));
  EnrolmentToken& token = tokens_.find(command.hash)->second;
  token.used_at = now;
  token.used_by = command.probe;
  commit.state.push_back(Record(token));
  commit.reply = EncodeRecord(token);
  return OkStatus();
}

void Tokens::Forget(Timestamp now, Commit& commit) {
  for (auto it = tokens_.begin(); it != tokens_.end();) {
    const EnrolmentToken& token = it->second;
    if (token.used_at.value_or(token.expires_at) + kRemembered < now) {
      commit.state.push_back({StateKind::kToken, token.hash, ""});
      it = tokens_.erase(it);
    } else {
      ++it;
    }
  }
}

}  // namespace forewarn
