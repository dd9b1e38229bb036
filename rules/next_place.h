#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace forewarn {

// The place of the first of `items`, ascending by `key`, whose key is not below `from`. `hint` is where it is likely
// to be, such as one after the last place that was found.
template <typename Item, typename Key>
size_t NextPlace(const std::vector<Item>& items, size_t from, size_t hint, const Key& key) {
  const bool is_there = hint <= items.size() && (hint == 0 || key(items[hint - 1]) < from) &&
                        (hint == items.size() || key(items[hint]) >= from);
  if (is_there) return hint;
  return static_cast<size_t>(std::ranges::lower_bound(items, from, {}, key) - items.begin());
}

}  // namespace forewarn
