#include <sys/utsname.h>

#include <cerrno>
#include <system_error>

#include "probe/source.h"

namespace forewarn {
namespace {

class UnameSource : public Source {
 public:
  std::string_view name() const override { return "uname"; }
  Status Read(Readings& out) override {
    utsname names;
    if (uname(&names) != 0) return Internal("uname: " + std::system_category().message(errno));
    out.Sample("node_uname_info",
               {{"domainname", names.domainname},
                {"machine", names.machine},
                {"nodename", names.nodename},
                {"release", names.release},
                {"sysname", names.sysname},
                {"version", names.version}},
               1);
    return OkStatus();
  }
};

}  // namespace

std::unique_ptr<Source> MakeUnameSource() { return std::make_unique<UnameSource>(); }

}  // namespace forewarn
