// node: timers, promises, files and a chain of hashes; at SIGTERM all of it must add up.
const fs = require('fs');
const crypto = require('crypto');
const name = process.argv[2];
const file = fs.openSync(name + '.txt', 'w');
let number = 0;
let chain = '';
const link = (before, n) => crypto.createHash('sha256').update(before + n).digest('hex');
const timer = setInterval(() => {
    number += 1;
    chain = link(chain, number);
    fs.writeSync(file, number + '\n');
    fs.writeSync(1, number + '\n');
}, 10);
let resolved = 0;
const promises = async () => {
    for (;;) {
        await new Promise((resolve) => setTimeout(resolve, 7));
        await fs.promises.readFile(name + '.txt');
        resolved += 1;
    }
};
promises();
process.on('SIGTERM', () => {
    clearInterval(timer);
    let expected = '';
    for (let n = 1; n <= number; n++) expected = link(expected, n);
    const lines = fs.readFileSync(name + '.txt', 'utf8').trim().split('\n');
    if (expected !== chain || resolved === 0) process.exit(3);
    if (lines.length !== number || lines.some((line, i) => line !== String(i + 1))) process.exit(4);
    fs.writeSync(1, 'OK ' + number + '\n');
    process.exit(0);
});
