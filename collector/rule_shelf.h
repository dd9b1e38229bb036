#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "model/bundle.h"
#include "rules/prepared_rules.h"

namespace forewarn {

// Has the rules of a bundle prepared once, however many partitions load it. Thread-safe.
class RuleShelf {
 public:
  // The same object for equal bundles, as long as somebody has it.
  std::shared_ptr<const PreparedRules> Get(const Bundle& bundle);

 private:
  std::mutex mutex_;
  // By all that they follow from.
  std::map<std::string, std::weak_ptr<const PreparedRules>> prepared_;
};

}  // namespace forewarn
