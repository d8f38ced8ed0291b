#!/usr/bin/env node
require('../dist/ferry.cjs')
