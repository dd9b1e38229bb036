#include "config/schema_manual.h"

#include <gtest/gtest.h>

namespace forewarn {
namespace {

struct Door {
  std::string pattern = "a|b";
  std::string file;
};
struct Window {
  std::string name;
};
struct House {
  std::string address;
  int64_t rooms = 3;
  Door door;
  std::vector<Window> windows;
};

const Schema<House>& HouseSchema() {
  static const Schema<Door> door = {
      Text("pattern", &Door::pattern, RegexKind(), "Shape."),
      Path("file", &Door::file, "Plan."),
  };
  static const Schema<Window> window = {
      Required(Text("name", &Window::name, SlugKind(), "Name."), "north")};
  static const Schema<House> house = {
      Required(Text("address", &House::address, TextKind(), "Where."), "somewhere"),
      Integer("rooms", &House::rooms, 1, 9, "Rooms."),
      Section("door", &House::door, door, "The door."),
      ListOf("windows", &House::windows, window, 8, "Openings."),
  };
  return house;
}

TEST(Manual, HasATableForEachSection) {
  EXPECT_EQ(PrintManual("House", "A house.", "make", HouseSchema().Describe()),
            R"(# House

<!-- Printed by: make -->

A house.

| Setting | Value | Default | Meaning |
|---|---|---|---|
| `address` | text | required | Where. |
| `rooms` | integer, 1 to 9 | `3` | Rooms. |

## `door`

The door.

| Setting | Value | Default | Meaning |
|---|---|---|---|
| `pattern` | a regular expression (RE2) | `'a\|b'` | Shape. |
| `file` | an absolute path | not set | Plan. |

## `windows[]`

Openings.

A list; at most 8; default: `[]`. Each item has:

| Setting | Value | Default | Meaning |
|---|---|---|---|
| `name` | a name of 1 to 63 lower-case letters, digits and dashes | required | Name. |
)");
}

TEST(Example, ShowsEverySettingCommentedOut) {
  EXPECT_EQ(PrintExample("A house.", HouseSchema().Describe()),
            R"(## A house.

## Where. (text)
address: somewhere

## Rooms. (integer, 1 to 9)
#rooms: 3

## The door.
#door:
#  # Shape. (a regular expression (RE2))
#  pattern: 'a|b'
#  # Plan. (an absolute path)
#  #file: …

## Openings. (list; at most 8)
##windows:
##  - name: north  # Name.
)");
}

}  // namespace
}  // namespace forewarn
