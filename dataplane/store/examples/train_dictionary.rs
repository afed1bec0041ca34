//! Trains the dictionary every installation begins with: `cargo run --release --example train_dictionary -- OUT`.
//! Its output is committed once as `src/days/shipped.zdict`; rows name it as dictionary 0 for ever.

mod shapes;

fn main() -> std::io::Result<()> {
    let out = std::env::args().nth(1).unwrap_or_else(|| "shipped.zdict".into());
    let mut dice = shapes::Dice(7);
    let samples: Vec<Vec<u8>> = (0..1_200).map(|number| shapes::event(&mut dice, None, number, 1_795_176_000.5).to_string().into_bytes()).collect();
    let dictionary = zstd::dict::from_samples(&samples, 64 * 1024)?;
    println!("{} bytes from {} events of {} bytes on average", dictionary.len(), samples.len(), samples.iter().map(Vec::len).sum::<usize>() / samples.len());
    std::fs::write(out, dictionary)
}
