#include "probe/source.h"

namespace forewarn {
namespace {

class TimeSource : public Source {
 public:
  std::string_view name() const override { return "time"; }
  Status Read(Readings& out) override {
    out.Sample("node_time_seconds", ToSeconds(out.at()));
    return OkStatus();
  }
};

}  // namespace

std::unique_ptr<Source> MakeTimeSource() { return std::make_unique<TimeSource>(); }

}  // namespace forewarn
