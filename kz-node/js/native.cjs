'use strict';

module.exports = require(require('./platform.cjs').addon());
