#include "collector/identity.h"

#include <optional>

#include "model/ids.h"

namespace forewarn {
namespace {

constexpr std::string_view kDomain = "spiffe://forewarn/";

// Takes `name/` and the segment after it from the front of `path`, with the slash that follows if
// any.
std::optional<std::string_view> TakePair(std::string_view& path, std::string_view name) {
  if (!path.starts_with(name) || path.size() <= name.size() || path[name.size()] != '/') {
    return std::nullopt;
  }
  path.remove_prefix(name.size() + 1);
  size_t end = path.find('/');
  std::string_view value = path.substr(0, end);
  path.remove_prefix(end == std::string_view::npos ? path.size() : end + 1);
  // A slash with nothing after it would be forgotten here; the caller asks for the next pair or for
  // the end.
  if (end != std::string_view::npos && path.empty()) return std::nullopt;
  return value;
}

Status NotAnIdentity() {
  return Unauthenticated(
      "the client certificate names no identity of this collector; enrol the probe again, or use a "
      "certificate that the collector's own authority has issued");
}

}  // namespace

std::string IdentityUri(const Identity& identity) {
  std::string uri(kDomain);
  if (const auto* probe = std::get_if<ProbeIdentity>(&identity)) {
    return uri + "customer/" + probe->customer + "/installation/" + probe->installation +
           "/probe/" + probe->probe;
  }
  return uri + "operator/" + std::get<OperatorIdentity>(identity).name;
}

StatusOr<Identity> ParseIdentity(std::string_view uri) {
  if (!uri.starts_with(kDomain)) return NotAnIdentity();
  std::string_view path = uri.substr(kDomain.size());
  if (path.starts_with("operator/")) {
    std::optional<std::string_view> name = TakePair(path, "operator");
    if (!name || !path.empty() || !IsSlug(*name)) return NotAnIdentity();
    return Identity(OperatorIdentity{std::string(*name)});
  }
  std::optional<std::string_view> customer = TakePair(path, "customer");
  if (!customer || !IsSlug(*customer)) return NotAnIdentity();
  std::optional<std::string_view> installation = TakePair(path, "installation");
  if (!installation || !IsSlug(*installation)) return NotAnIdentity();
  std::optional<std::string_view> probe = TakePair(path, "probe");
  if (!probe || !path.empty() || !IsUuid(*probe)) return NotAnIdentity();
  return Identity(
      ProbeIdentity{std::string(*customer), std::string(*installation), std::string(*probe)});
}

}  // namespace forewarn
