#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/time.h"

namespace forewarn {

// What a request to Prometheus' query API asks for: names and values, from the query of its address
// and, of a POST, from a body of type application/x-www-form-urlencoded. As in Prometheus the body
// comes first where one value is wanted, and what is not known is passed over. Immutable.
class Parameters {
 public:
  // kInvalidArgument for an escape that is none, and for more than 1000 of them.
  static StatusOr<Parameters> Read(std::string_view query, std::string_view form);

  // The first value, or an empty one.
  std::string_view Get(std::string_view name) const;
  // All of them; `match[]` is given several times.
  std::vector<std::string> All(std::string_view name) const;

  // The time under `name`, or `otherwise` when it is not given: seconds since 1970 with decimals, or
  // RFC 3339. Errors name the parameter, as those below do.
  StatusOr<Timestamp> Time(std::string_view name, Timestamp otherwise) const;
  // A duration, none when it is not given: seconds with decimals, or as PromQL writes them.
  StatusOr<std::optional<Duration>> Length(std::string_view name) const;

 private:
  Status Add(std::string_view form);

  std::map<std::string, std::vector<std::string>, std::less<>> values_;
};

// `a%20b+c` is `a b c`; kInvalidArgument for an escape that is none. In a path a `+` is one.
StatusOr<std::string> Unescape(std::string_view text, bool in_path);

}  // namespace forewarn
