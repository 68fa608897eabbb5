using Sensorium.Tensors.Cpu;
using Sensorium.Tensors.Cpu.Products;
using Sensorium.Tensors.Formats;

namespace Sensorium.Tensors.Tests.Cpu;

/// <summary>How rows are cut, turned into columns and rounded before they are multiplied.</summary>
public sealed unsafe class RowPackingTests
{
    [Fact]
    public void Rows_become_columns_and_nothing_behind_is_touched()
    {
        for (int rows = 1; rows <= 16; rows++)
        {
            foreach (int count in new[] { 1, 3, 15, 16, 17, 31, 32, 33, 47, 48, 70, 129 })
            {
                using var memory = new Rows(rows, count);
                using var fenced = new Fenced(count * rows * sizeof(float));
                RowTransposer.Pack(memory.From, rows, count, (float*)fenced.Pointer);
                fenced.ShouldBeWhole();
                for (int k = 0; k < count; k++)
                {
                    for (int row = 0; row < rows; row++)
                    {
                        uint expected = BitConverter.SingleToUInt32Bits(memory.From[row][k]);
                        ((uint*)fenced.Pointer)[k * rows + row].ShouldBe(expected, $"{rows} rows of {count}, row {row}, number {k}");
                    }
                }
            }
        }
    }

    [Fact]
    public void Rows_become_columns_of_pairs_of_bfloat16()
    {
        for (int rows = 1; rows <= 16; rows++)
        {
            foreach (int count in new[] { 1, 2, 5, 31, 32, 33, 63, 64, 65, 95, 96, 97, 301 })
            {
                using var memory = new Rows(rows, count);
                int pairs = (count + 1) / 2;
                using var fenced = new Fenced(pairs * rows * sizeof(uint));
                RowTransposer.PackPairs(memory.From, rows, count, (uint*)fenced.Pointer);
                fenced.ShouldBeWhole();
                for (int k = 0; k < pairs; k++)
                {
                    for (int row = 0; row < rows; row++)
                    {
                        uint lower = HalfFloats.ToBF16(memory.From[row][2 * k]), upper = 2 * k + 1 < count ? HalfFloats.ToBF16(memory.From[row][2 * k + 1]) : (uint)0;
                        ((uint*)fenced.Pointer)[k * rows + row].ShouldBe(upper << 16 | lower, $"{rows} rows of {count}, row {row}, pair {k}");
                    }
                }
            }
        }
    }

    [Fact]
    public void Neighbouring_rows_become_one_of_pairs()
    {
        foreach (int count in new[] { 1, 7, 8, 15, 16, 17, 40 })
        {
            using var memory = new Rows(2, count);
            using var fenced = new Fenced(count * sizeof(uint));
            foreach (bool hasUpper in new[] { true, false })
            {
                BrainPairs.Rows(memory.From[0], hasUpper ? memory.From[1] : null, count, (uint*)fenced.Pointer);
                fenced.ShouldBeWhole();
                for (int i = 0; i < count; i++)
                {
                    ((uint*)fenced.Pointer)[i].ShouldBe((hasUpper ? (uint)HalfFloats.ToBF16(memory.From[1][i]) << 16 : 0) | HalfFloats.ToBF16(memory.From[0][i]), $"{count} pairs, number {i}");
                }
            }
        }
    }

    [Fact]
    public void Chunks_and_packing_items_cover_all_rows_and_agree_where_they_begin()
    {
        for (nint rows = 1; rows <= 2600; rows += rows < 600 ? 1 : 37)
        {
            foreach (int threads in new[] { 1, 2, 3, 16, 64 })
            {
                var chunks = new RowChunks(rows, FloatProduct.ChunkRows, threads);
                (chunks.Rows % RowChunks.ItemRows).ShouldBe(0);
                nint chunked = 0;
                for (nint chunk = 0; chunk < chunks.Count; chunk++)
                {
                    chunks.RowsOf(chunk).ShouldBeInRange(1, FloatProduct.ChunkRows, $"{rows} rows, {threads} threads");
                    chunked += chunks.RowsOf(chunk);
                }

                chunked.ShouldBe(rows);
                chunks.RowsOf(chunks.Count - 1).ShouldBeLessThanOrEqualTo(2 * chunks.Rows, $"{rows} rows, {threads} threads: the last chunk is much larger than the others");
                nint packed = 0, last = (chunks.Count - 1) * chunks.Rows;
                for (nint item = 0; item < chunks.Items; item++)
                {
                    packed.ShouldBe(item * RowChunks.ItemRows);
                    nint count = chunks.RowsOfItem(item);
                    (count > 0).ShouldBeTrue();

                    // An item ends where a tile does: anywhere in its chunk's whole tiles, or with the last chunk.
                    (packed + count <= last || packed >= last).ShouldBeTrue($"{rows} rows, {threads} threads: an item straddles the last chunk");
                    packed += count;
                }

                packed.ShouldBe(rows);
            }
        }
    }

    /// <summary>Memory with a fence behind it.</summary>
    sealed class Fenced : IDisposable
    {
        readonly NativeBuffer memory;
        readonly int bytes;

        public Fenced(int bytes)
        {
            this.bytes = bytes;
            memory = new NativeBuffer(bytes + 64);
            new Span<byte>(memory.Pointer, bytes + 64).Fill(0xab);
        }

        public byte* Pointer => memory.Pointer;

        public void ShouldBeWhole() => new Span<byte>(Pointer + bytes, 64).IndexOfAnyExcept((byte)0xab).ShouldBe(-1, "written behind the last column");

        public void Dispose() => memory.Dispose();
    }

    /// <summary>Rows of random numbers, with some that are none, infinite, subnormal or halfway between two of bfloat16.</summary>
    sealed class Rows : IDisposable
    {
        readonly NativeBuffer memory;
        readonly NativeBuffer addresses;

        public Rows(int rows, int count)
        {
            memory = new NativeBuffer(rows * count * sizeof(float));
            addresses = new NativeBuffer(rows * sizeof(float*));
            var random = new Random(rows * 1000 + count);
            for (int i = 0; i < rows * count; i++)
            {
                ((float*)memory.Pointer)[i] = random.Next(12) switch
                {
                    0 => float.NaN,
                    1 => float.NegativeInfinity,
                    2 => float.Epsilon * random.Next(1000),
                    3 => BitConverter.UInt32BitsToSingle((uint)random.Next(1 << 15) << 16 | 0x8000),
                    4 => -float.MaxValue,
                    _ => random.NextSingle() - 0.5f,
                };
            }

            for (int row = 0; row < rows; row++)
            {
                From[row] = (float*)memory.Pointer + row * count;
            }
        }

        public float** From => (float**)addresses.Pointer;

        public void Dispose()
        {
            memory.Dispose();
            addresses.Dispose();
        }
    }
}
