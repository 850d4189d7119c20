<?php

// AccessToken 001: the token with which a user joins a room. Times are Unix seconds.

declare(strict_types=1);

const PUBLISH = 0;
const SUBSCRIBE = 4;

/**
 * @param string $room `*` is every room
 * @param int $expiresAt 0 is never
 * @param array<int, int> $privileges each with its own end; 0 is the token's end
 */
function make_token(
    string $appId,
    string $appKey,
    string $room,
    string $user,
    int $expiresAt,
    array $privileges = [PUBLISH => 0, SUBSCRIBE => 0],
    ?int $issuedAt = null,
    ?int $nonce = null
): string {
    $issuedAt = $issuedAt ?? time();
    $nonce = $nonce ?? random_int(1, 0xffffffff);
    // D: $ is the end, not a line's end before it.
    demand(preg_match('/^[a-zA-Z0-9]{24}$/D', $appId) === 1, 'appId: 24 letters and digits');
    demand($appKey !== '', 'appKey: it is empty');
    demand(preg_match('/^(\*|[a-zA-Z0-9@_.-]{0,128})$/D', $room) === 1, 'room: at most 128 of a-z A-Z 0-9 @ _ - . or *');
    demand(preg_match('/^[a-zA-Z0-9@_.-]{1,128}$/D', $user) === 1, 'user: 1 to 128 of a-z A-Z 0-9 @ _ - .');
    demand($expiresAt === 0 || $expiresAt > $issuedAt, 'expiresAt: a time to come, not a duration');

    if (isset($privileges[PUBLISH])) {
        // Publishing as a whole, then its audio, video and data.
        $privileges += array_fill(1, 3, $privileges[PUBLISH]);
    }
    ksort($privileges);

    $message = u32($nonce) . u32($issuedAt) . u32($expiresAt) . bytes16($room) . bytes16($user);
    $message .= pack('v', count($privileges));
    foreach ($privileges as $key => $end) {
        $message .= pack('v', $key) . u32($end);
    }
    $signature = hash_hmac('sha256', $message, $appKey, true);
    return '001' . $appId . base64_encode(bytes16($message) . bytes16($signature));
}

function u32(int $number): string
{
    demand($number >= 0 && $number <= 0xffffffff, "times are Unix seconds, not milliseconds: $number");
    return pack('V', $number);
}

function bytes16(string $bytes): string
{
    return pack('v', strlen($bytes)) . $bytes;
}

function demand(bool $holds, string $otherwise): void
{
    if (!$holds) {
        throw new RangeException($otherwise);
    }
}

if (PHP_SAPI === 'cli' && realpath($argv[0]) === __FILE__) {
    $app = [(string) getenv('MINIAPP_RTC_APP_ID'), (string) getenv('MINIAPP_RTC_APP_KEY')];
    echo make_token($app[0], $app[1], $argv[1], $argv[2], time() + 24 * 3600), "\n";
}
