#include "store/id_table.h"

#include <gtest/gtest.h>

#include <vector>

namespace forewarn {
namespace {

TEST(IdTable, FindsWhatWasInsertedAndNothingElse) {
  std::vector<uint64_t> things = {0};  // by number
  IdTable table;
  auto find = [&](uint64_t thing) {
    return table.Find(thing * 0x9e3779b97f4a7c15, [&](uint32_t id) { return things[id] == thing; });
  };
  for (uint64_t thing = 1; thing <= 10'000; ++thing) {
    EXPECT_EQ(find(thing), 0u);
    things.push_back(thing);
    table.Insert(thing * 0x9e3779b97f4a7c15, static_cast<uint32_t>(thing));
  }
  for (uint64_t thing = 1; thing <= 10'000; ++thing) ASSERT_EQ(find(thing), thing);
  EXPECT_EQ(find(10'001), 0u);
}

TEST(IdTable, ThingsWithOneHashAreToldApart) {
  IdTable table;
  for (uint32_t id = 1; id <= 100; ++id) table.Insert(42, id);
  for (uint32_t id = 1; id <= 100; ++id) {
    EXPECT_EQ(table.Find(42, [&](uint32_t other) { return other == id; }), id);
  }
  EXPECT_EQ(table.Find(42, [](uint32_t) { return false; }), 0u);
}

}  // namespace
}  // namespace forewarn
