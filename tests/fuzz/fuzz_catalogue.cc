// Texts of the catalogue and the facts that go into them: `text \0 name \0 value \0 name \0 value
// …`. Nothing crashes, and a fact adds no line.

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "notifier/catalogue.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace forewarn;
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  auto next = [&] {
    size_t end = rest.find('\0');
    std::string_view part = rest.substr(0, end);
    rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
    return part;
  };
  std::string_view text = next();
  Facts facts;
  while (!rest.empty() && facts.size() < 32) {
    std::string name(next());
    facts[name] = next();
  }
  for (const Language* language : {&kEnglish, &kChinese}) {
    StatusOr<std::string> said = Substitute(text, *language, facts, TimeZone());
    if (!said.ok()) continue;
    FW_CHECK(std::count(said->begin(), said->end(), '\n') <=
             std::count(text.begin(), text.end(), '\n') + 1);
  }
  return 0;
}
