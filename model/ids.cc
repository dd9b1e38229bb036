#include "model/ids.h"

#include <algorithm>

#include "base/fingerprint.h"

namespace forewarn {

bool IsSlug(std::string_view id) {
  return !id.empty() && id.size() <= 63 && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

bool IsUuid(std::string_view id) {
  if (id.size() != 36) return false;
  for (size_t i = 0; i < id.size(); ++i) {
    char c = id[i];
    bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    if (dash ? c != '-' : !hex) return false;
  }
  return true;
}

uint32_t PartitionOf(std::string_view customer) {
  return static_cast<uint32_t>(Fingerprint::Of(customer).value() % kPartitions);
}

}  // namespace forewarn
