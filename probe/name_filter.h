#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"

namespace re2 {
class RE2;
}

namespace forewarn {

// Which names (of mount points, devices, series) are wanted: those that `include` matches as a
// whole and `exclude` does not. Regular expressions are RE2's; an empty one is left out of account.
// A value, cheap to copy; thread-safe.
class NameFilter {
 public:
  NameFilter() = default;  // admits every name

  // INVALID_ARGUMENT names the expression and what is wrong with it.
  static StatusOr<NameFilter> Make(const std::string& include, const std::string& exclude);

  bool Admits(std::string_view name) const;

 private:
  std::shared_ptr<const re2::RE2> include_;
  std::shared_ptr<const re2::RE2> exclude_;
};

}  // namespace forewarn
