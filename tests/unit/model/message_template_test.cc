#include "model/message_template.h"

#include <gtest/gtest.h>

namespace forewarn {
namespace {

TEST(MessageTemplate, KeepsWordsAndReplacesWhatVaries) {
  struct Case {
    const char* message;
    const char* expected;
  };
  for (const Case& c : std::initializer_list<Case>{
           {"connection refused", "connection refused"},
           {"took 15 ms", "took <*> ms"},
           {"took 15ms.", "took <*>."},
           {"2026-05-01T10:00:00.123Z ERROR oops", "<*> ERROR oops"},
           {"2026-05-01 10:00:00,123 ERROR oops", "<*>,<*> ERROR oops"},
           {"from 10.0.0.1:443 to fe80::1", "from <*> to <*>"},
           {"id=0f8fad5b-d9cb-469f-a165-70867728950e done", "id=<*> done"},
           {"open '/etc/passwd': denied", "open '<*>': denied"},
           {"open /var/lib/x: denied", "open <*>: denied"},
           {"user \"worker\" unknown", "user \"<*>\" unknown"},
           {"can't don't won't", "can't don't won't"},
           {"values 1 2 3 end", "values <*> end"},
           {"password=<password:0123456789ab> bad", "password=<*> bad"},
           {"address 0xdeadbeef or deadbeefcafe", "address <*> or <*>"},
           {"a <b> c", "a <b> c"},
           {"  many   blanks  ", "many blanks"},
           {"磁盘 42 已满", "磁盘 <*> 已满"},
           {"", ""},
       }) {
    EXPECT_EQ(MessageTemplate(c.message), c.expected) << c.message;
  }
}

TEST(MessageTemplate, IsItsOwnTemplate) {
  for (const char* message :
       {"took 15 ms", "open '/etc/passwd': denied 3", "user \"a b\" 4 5 <token:0123456789ab>"}) {
    std::string once = MessageTemplate(message);
    EXPECT_EQ(MessageTemplate(once), once);
  }
}

TEST(MessageTemplate, IsBounded) {
  EXPECT_LE(MessageTemplate(std::string(100'000, 'x')).size(), 1024u);
}

}  // namespace
}  // namespace forewarn
