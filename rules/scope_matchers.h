#pragma once

#include <string>

#include "model/matcher.h"

namespace forewarn {

// Of the series that the rules of a stream see: those of a probe, or with an empty `probe` all of an installation.
inline Matchers ScopeMatchers(const std::string& customer, const std::string& installation,
                              const std::string& probe) {
  Matchers scope = {Matcher::Equal("customer", customer),
                    Matcher::Equal("installation", installation)};
  if (!probe.empty()) scope.push_back(Matcher::Equal("probe", probe));
  return scope;
}

}  // namespace forewarn
