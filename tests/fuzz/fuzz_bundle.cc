// Bundles as an operator's machine may send them: `path NUL text NUL path NUL text …`.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/record.h"
#include "config/bundle_files.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace forewarn;
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  std::vector<BundleFile> files;
  auto take = [&rest] {
    size_t end = std::min(rest.find('\0'), rest.size());
    std::string part(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return part;
  };
  while (!rest.empty() && files.size() < 16) {
    std::string path = take();
    files.push_back({path, take()});
  }
  StatusOr<Bundle> bundle = ParseBundle(files);
  FW_CHECK(bundle.ok() || !bundle.status().message().empty());
  if (!bundle.ok()) return 0;
  // What is taken goes through the store and comes back the same.
  std::string record = EncodeRecord(*bundle);
  FW_CHECK(EncodeRecord(*DecodeRecord<Bundle>(record)) == record);
  FW_CHECK(ParseBundle(bundle->files)->id == bundle->id);
  return 0;
}
