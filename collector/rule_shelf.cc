#include "collector/rule_shelf.h"

#include <utility>

#include "base/record.h"

namespace forewarn {

std::shared_ptr<const PreparedRules> RuleShelf::Get(const Bundle& bundle) {
  std::string key = EncodeRecord(bundle);
  const std::lock_guard lock(mutex_);
  std::erase_if(prepared_, [](const auto& item) { return item.second.expired(); });
  std::weak_ptr<const PreparedRules>& place = prepared_[std::move(key)];
  std::shared_ptr<const PreparedRules> rules = place.lock();
  if (rules == nullptr) {
    rules = std::make_shared<const PreparedRules>(bundle);
    place = rules;
  }
  return rules;
}

}  // namespace forewarn
