//! Files that only whoever holds the key can read or change: ChaCha20-Poly1305 over chunks, each bound to
//! its place and the last one marked (the STREAM construction), so that a file that was cut, reordered or
//! put under another name does not open. Memory is one chunk, whatever the file's size.
//!
//! ```text
//! guanhu-backup 1\n | 32 bytes of salt | chunk of 65,536 bytes + 16 of tag | … | shorter last chunk + 16
//! ```
//! The key of a file is HMAC-SHA-256 of its salt and name under the operator's key.

use std::{
    fs,
    io::{self, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use chacha20poly1305::{
    ChaCha20Poly1305, KeyInit,
    aead::stream::{DecryptorBE32, EncryptorBE32},
};
use hmac::{Hmac, Mac};
use rand::RngCore;
use sha2::Sha256;

const MAGIC: &[u8; 16] = b"guanhu-backup 1\n";
const CHUNK: usize = 65_536;
const TAG: usize = 16;
/// Every file has a key of its own, so its nonces may begin at nothing.
const NONCE: [u8; 7] = [0; 7];

/// What the operator holds: 32 bytes, kept as 64 hexadecimal digits.
#[derive(Clone)]
pub struct BackupKey([u8; 32]);

impl BackupKey {
    /// # Errors
    /// When the file cannot be read or is no key.
    pub fn read(path: &Path) -> Result<BackupKey, String> {
        let text = fs::read_to_string(path).map_err(|error| format!("the key of the backup, {}: {error}", path.display()))?;
        let mut key = [0; 32];
        hex::decode_to_slice(text.trim(), &mut key).map_err(|_| format!("{} is not a key of 64 hexadecimal digits", path.display()))?;
        Ok(BackupKey(key))
    }

    /// A new key in a file that only its owner reads.
    pub fn make(path: &Path) -> io::Result<BackupKey> {
        let mut key = [0; 32];
        rand::rng().fill_bytes(&mut key);
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        writeln!(file, "{}", hex::encode(key))?;
        file.sync_all()?;
        Ok(BackupKey(key))
    }

    fn cipher(&self, salt: &[u8], name: &str) -> ChaCha20Poly1305 {
        // HMAC takes a key of any length, so this cannot fail.
        let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(&self.0).unwrap_or_else(|_| unreachable!("HMAC takes any key"));
        mac.update(salt);
        mac.update(name.as_bytes());
        ChaCha20Poly1305::new(&mac.finalize().into_bytes())
    }
}

/// Writes what `clear` holds into `sealed`, to be opened under the same name. Bytes read.
pub fn seal(key: &BackupKey, name: &str, clear: &mut dyn Read, sealed: &mut dyn Write) -> io::Result<u64> {
    let mut salt = [0; 32];
    rand::rng().fill_bytes(&mut salt);
    sealed.write_all(MAGIC)?;
    sealed.write_all(&salt)?;
    let mut stream = EncryptorBE32::from_aead(key.cipher(&salt, name), NONCE.as_slice().into());
    let (mut chunk, mut bytes) = (vec![0; CHUNK], 0);
    let failed = |_| io::Error::other("encryption failed");
    loop {
        let read = fill(clear, &mut chunk)?;
        bytes += read as u64;
        if read < CHUNK {
            sealed.write_all(&stream.encrypt_last(&chunk[..read]).map_err(failed)?)?;
            return Ok(bytes);
        }
        sealed.write_all(&stream.encrypt_next(chunk.as_slice()).map_err(failed)?)?;
    }
}

/// The clear bytes of a sealed file. Reading fails where the file is not what was sealed: nobody may use
/// what came before without having read to the end.
pub struct Opened<R> {
    sealed: R,
    stream: Option<DecryptorBE32<ChaCha20Poly1305>>,
    clear: Vec<u8>,
    at: usize,
}

impl<R: Read> Opened<R> {
    /// # Errors
    /// When it is no sealed file. A wrong key shows at the first read.
    pub fn new(key: &BackupKey, name: &str, mut sealed: R) -> io::Result<Opened<R>> {
        let mut head = [0; MAGIC.len() + 32];
        sealed.read_exact(&mut head).map_err(|_| wrong("it is cut off"))?;
        let (magic, salt) = head.split_at(MAGIC.len());
        if magic != MAGIC {
            return Err(wrong("it is no file of a backup"));
        }
        let stream = DecryptorBE32::from_aead(key.cipher(salt, name), NONCE.as_slice().into());
        Ok(Opened { sealed, stream: Some(stream), clear: Vec::new(), at: 0 })
    }

    fn next(&mut self) -> io::Result<()> {
        let Some(mut stream) = self.stream.take() else { return Ok(()) };
        let mut chunk = vec![0; CHUNK + TAG];
        let read = fill(&mut self.sealed, &mut chunk)?;
        let changed = |_| wrong("it was changed or cut off, or this is not its key");
        self.at = 0;
        if read < chunk.len() {
            self.clear = stream.decrypt_last(&chunk[..read]).map_err(changed)?;
        } else {
            self.clear = stream.decrypt_next(chunk.as_slice()).map_err(changed)?;
            self.stream = Some(stream);
        }
        Ok(())
    }
}

impl<R: Read> Read for Opened<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.clear.len() && self.stream.is_some() {
            self.next()?;
        }
        let rest = &self.clear[self.at..];
        let taken = rest.len().min(buffer.len());
        buffer[..taken].copy_from_slice(&rest[..taken]);
        self.at += taken;
        Ok(taken)
    }
}

fn wrong(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// Reads until the buffer is full or there is no more.
fn fill(reader: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(clear: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        seal(&BackupKey([7; 32]), "wal/1", &mut &clear[..], &mut out).unwrap();
        out
    }

    fn open(key: [u8; 32], name: &str, sealed: &[u8]) -> io::Result<Vec<u8>> {
        let mut clear = Vec::new();
        Opened::new(&BackupKey(key), name, sealed)?.read_to_end(&mut clear)?;
        Ok(clear)
    }

    #[test]
    fn what_was_sealed_opens_whole_with_its_key_and_name_only() {
        for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 77] {
            let clear: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
            let file = sealed(&clear);
            assert_eq!(open([7; 32], "wal/1", &file).unwrap(), clear, "{length}");
            assert!(open([8; 32], "wal/1", &file).is_err(), "{length}: another key");
            assert!(open([7; 32], "wal/2", &file).is_err(), "{length}: another name");
            assert!(open([7; 32], "wal/1", &file[..file.len() - 1]).is_err(), "{length}: cut");
        }
    }

    #[test]
    fn a_file_cut_between_chunks_or_changed_anywhere_does_not_open() {
        let file = sealed(&[5; 3 * CHUNK]);
        let head = MAGIC.len() + 32;
        assert!(open([7; 32], "wal/1", &file[..head + 2 * (CHUNK + TAG)]).is_err());
        let mut swapped = file.clone();
        swapped[head..head + 2 * (CHUNK + TAG)].rotate_left(CHUNK + TAG);
        assert!(open([7; 32], "wal/1", &swapped).is_err());
        for at in [head, head + CHUNK, file.len() - 1] {
            let mut changed = file.clone();
            changed[at] ^= 1;
            assert!(open([7; 32], "wal/1", &changed).is_err(), "byte {at}");
        }
    }
}
