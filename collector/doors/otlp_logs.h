#pragma once

#include "collector/doors/batch_builder.h"
#include "collector/doors/otlp_metrics.h"

namespace opentelemetry::proto::collector::logs::v1 {
class ExportLogsServiceRequest;
}

namespace forewarn {

// Turns OTLP log records into events, as the probe does with lines of a log:
//
//   at             the record's time, or when it was observed, or now
//   severity       numbers 1 to 12 info, 13 to 16 warning, 17 to 20 error, 21 to 24 critical; without
//                  one, by the text (`WARN`, `err`, `FATAL`), else info
//   source         `otlp:<service.name>`, or the scope's name
//   code           `exception.type`, or the name of the event
//   message        the body; what is not text as JSON; without one, `exception.message`
//   template_text  the message without what varies (model/message_template.h)
//   attributes     those of the record, the resource's service.*, host.name and
//                  deployment.environment*, and trace_id and span_id in hexadecimal
//
// A record that is too large, too old or too far ahead is rejected and counted. One that has neither time is
// of the moment it came: sent again it is another event, since nothing says that it is the same.
OtlpRead ReadOtlpLogs(
    const opentelemetry::proto::collector::logs::v1::ExportLogsServiceRequest& request,
    Timestamp now, BatchBuilder& out);

}  // namespace forewarn
