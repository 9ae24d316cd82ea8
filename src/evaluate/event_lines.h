#pragma once

#include "codec/decoder.h"
#include "import/importer.h"

namespace freshet {

/// Our own events as JSON Lines, of all topics in one file: each line is what it looks like.
class EventLines final : public Importer {
 public:
  Result<ImportedRow> Accept(const ImportLine& line) override;

 private:
  Decoder decoder_;
};

}  // namespace freshet
