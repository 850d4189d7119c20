<?php

// Reads claims, one line each, and writes a token or why there is none.

declare(strict_types=1);

require __DIR__ . '/../../../examples/token-server/php/access_token.php';

while (($line = fgets(STDIN)) !== false) {
    $fields = explode(' ', rtrim($line, "\n"));
    [$appId, $appKey, $room, $user] = array_map('base64_decode', array_slice($fields, 0, 4));
    [$expiresAt, $pairs, $issuedAt, $nonce] = array_slice($fields, 4);
    $privileges = [];
    foreach (explode(',', $pairs) as $pair) {
        [$key, $end] = array_map('intval', explode(':', $pair));
        $privileges[$key] = $end;
    }
    try {
        $claims = [$room, $user, (int) $expiresAt, $privileges, (int) $issuedAt, (int) $nonce];
        echo make_token($appId, $appKey, ...$claims), "\n";
    } catch (RangeException $error) {
        echo 'refused: ', $error->getMessage(), "\n";
    }
}
