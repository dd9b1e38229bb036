#pragma once

#include <google/protobuf/repeated_field.h>

#include <string>

#include "base/status.h"
#include "forewarn/v1/operate.pb.h"

namespace forewarn {

// Writes the labels of an answer's series out, which the collector tells as places in `strings`, and
// empties what tells them: so whoever reads the answer finds each series' labels with it. kDataLoss
// for places that are not there and for labels that would take more than 256 MiB.
Status WriteLabelsOut(google::protobuf::RepeatedPtrField<std::string>& strings,
                      google::protobuf::RepeatedPtrField<v1::QuerySeries>& series);

}  // namespace forewarn
