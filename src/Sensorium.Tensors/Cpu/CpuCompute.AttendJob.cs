using System.Runtime.CompilerServices;
using Sensorium.Tensors.Cpu.Attention;
using Sensorium.Tensors.Cpu.Generated;

namespace Sensorium.Tensors.Cpu;

public sealed unsafe partial class CpuCompute
{
    /// <summary>A tile to be computed.</summary>
    struct AttentionItem
    {
        const int PartKeys = AttentionTile.PartPages * KvPool.PageRows;

        public byte** Pages;
        public int FirstRow;
        public int Tokens;
        public int KvHead;
        public int FirstKey;
        public int EndKey;
        public int FirstState;

        public readonly int FirstPart => FirstKey / PartKeys;

        public readonly int Parts => EndKey <= FirstKey ? 1 : (EndKey + PartKeys - 1) / PartKeys - FirstPart;
    }

    struct AttentionPart
    {
        public int Item;
        public int Part;
    }

    /// <summary>Attention over tiles, or over parts of tiles where there are too few of them for the workers.</summary>
    struct AttendJob : IJob
    {
        const int FewRows = 2 * AttentionTile.RowBlock;

        public Tensor Queries;
        public Tensor Output;
        public AttentionKernels Kernels;
        public delegate*<float*, float*, nint, float, float, void> Affine;
        public AttentionItem* Items;
        public AttentionPart* Parts;
        public float* States;
        public int Count;
        public byte* WorkerMemory;
        public nint WorkerBytes;
        public AttentionSight Sight;
        public int Group;
        public int TokensPerTile;
        public int PaddedRows;
        public int Stride;
        public int KeySize;
        public int ValueSize;
        public float Scale;
        public float SoftCap;
        public bool Half;
        public WidenCode Widen;

        public readonly nint BytesPerWorker()
        {
            nint floats = (nint)PaddedRows * (KeySize + KvPool.PageRows + 4) + 2 * AttentionState.Size(PaddedRows, Stride)
                + (Half ? (nint)KvPool.PageRows * (KeySize + ValueSize) : 0);
            return (floats * sizeof(float) + (nint)PaddedRows * sizeof(float*) + 9 * 64) & -64;
        }

        public readonly void Run(nint item, int worker)
        {
            AttentionTile tile;
            if (Parts != null)
            {
                AttentionPart part = Parts[item];
                Open(Items[part.Item], worker, &tile);
                RunPart(&tile, Items[part.Item], State(item), part.Part);
                return;
            }

            AttentionItem whole = Items[Count - 1 - item];
            float* memory = Open(whole, worker, &tile);
            AttentionState total = AttentionState.At(memory, PaddedRows, Stride);
            AttentionState next = AttentionState.At(memory + AttentionState.Size(PaddedRows, Stride), PaddedRows, Stride);
            RunPart(&tile, whole, total, 0);
            for (int part = 1; part < whole.Parts; part++)
            {
                RunPart(&tile, whole, next, part);
                Kernels.Merge(&tile, total, next);
            }

            Write(whole, total);
        }

        /// <summary>Merges a tile's parts in order and writes its rows.</summary>
        public readonly void Finish(int index)
        {
            AttentionItem item = Items[index];
            AttentionTile tile;
            Open(item, 0, &tile);
            AttentionState total = State(item.FirstState);
            for (int part = 1; part < item.Parts; part++)
            {
                Kernels.Merge(&tile, total, State(item.FirstState + part));
            }

            Write(item, total);
        }

        readonly AttentionState State(nint index) =>
            AttentionState.At(States + index * AttentionState.Size(PaddedRows, Stride), PaddedRows, Stride);

        readonly void RunPart(AttentionTile* tile, AttentionItem item, AttentionState state, int part)
        {
            // From the start of a page's layer to this head.
            nint headOffset = (nint)item.KvHead * KvPool.PageRows * (KeySize + ValueSize) * (Half ? sizeof(ushort) : sizeof(float));
            state.Clear(tile->PaddedRows, tile->Stride);
            int first = (item.FirstPart + part) * AttentionTile.PartPages;
            int end = Math.Min(first + AttentionTile.PartPages, PageCount(item.EndKey));
            for (int page = first; page < end; page++)
            {
                int firstKey = page * KvPool.PageRows, low = Math.Max(item.FirstKey - firstKey, 0), high = Math.Min(item.EndKey - firstKey, KvPool.PageRows);
                if (low < high)
                {
                    RunPage(tile, state, firstKey, low, high, item.Pages[page] + headOffset, firstKey + KvPool.PageRows < item.EndKey ? item.Pages[page + 1] + headOffset : null);
                }
            }
        }

        readonly void RunPage(AttentionTile* tile, AttentionState state, int firstKey, int low, int high, byte* page, byte* next)
        {
            nint keyNumbers = (nint)KvPool.PageRows * KeySize, keyBytes = keyNumbers * sizeof(ushort), valueBytes = (nint)KvPool.PageRows * ValueSize * sizeof(ushort);
            float* keys = (float*)page;
            if (Half)
            {
                // With few rows memory is what takes time: half of the next page is fetched while this one is widened, and half, where vectors have 512 bits, while it is multiplied.
                bool fetches = next != null && tile->PaddedRows <= FewRows;
                tile->NextKeys = fetches ? next + keyBytes / 2 : null;
                tile->NextValues = fetches ? next + keyBytes + valueBytes / 2 : null;
                keys = tile->Widened;
                Widen.Widen((ushort*)page, keys, keyNumbers, fetches ? next : null);
                Widen.Widen((ushort*)page + keyNumbers + low * ValueSize, keys + keyNumbers + low * ValueSize, (high - low) * ValueSize, fetches ? next + keyBytes : null);
            }

            Kernels.Page(tile, state, firstKey, low, high, keys, keys + keyNumbers);
        }

        /// <summary>Sets a tile up in the worker's memory; returns the memory that is left for states.</summary>
        readonly float* Open(AttentionItem item, int worker, AttentionTile* tile)
        {
            byte* memory = WorkerMemory + worker * WorkerBytes;
            *tile = new AttentionTile
            {
                KeySize = KeySize,
                ValueSize = ValueSize,
                Stride = Stride,
                Rows = item.Tokens * Group,
                PaddedRows = (item.Tokens * Group + AttentionTile.RowBlock - 1) & -AttentionTile.RowBlock,
                SoftCap = SoftCap,
                Queries = (float*)Take(ref memory, (nint)PaddedRows * KeySize * sizeof(float)),
                Scores = (float*)Take(ref memory, (nint)PaddedRows * KvPool.PageRows * sizeof(float)),
                Factors = (float*)Take(ref memory, (nint)PaddedRows * 2 * sizeof(float)),
                Starts = (int*)Take(ref memory, (nint)PaddedRows * sizeof(int)),
                Ends = (int*)Take(ref memory, (nint)PaddedRows * sizeof(int)),
                Widened = Half ? (float*)Take(ref memory, (nint)KvPool.PageRows * (KeySize + ValueSize) * sizeof(float)) : null,
                Bias = Sight.BiasLines == null ? null : (float**)Take(ref memory, (nint)PaddedRows * sizeof(float*)),
            };

            for (int row = 0; row < tile->PaddedRows; row++)
            {
                int at = Math.Min(item.FirstRow + row / Group, item.FirstRow + item.Tokens - 1);
                bool real = row < tile->Rows;
                tile->Starts[row] = real ? Sight.Starts[at] : 0;
                tile->Ends[row] = real ? Sight.Ends[at] : 0;
                if (tile->Bias != null)
                {
                    tile->Bias[row] = Sight.Bias(at, item.KvHead * Group + row % Group);
                }
            }

            for (int token = 0; token < item.Tokens; token++)
            {
                float* from = Queries.FloatRow(item.FirstRow + token) + (nint)item.KvHead * Group * KeySize;
                Affine(from, tile->Queries + (nint)token * Group * KeySize, (nint)Group * KeySize, Scale, 0);
            }

            new Span<float>(tile->Queries + (nint)tile->Rows * KeySize, (tile->PaddedRows - tile->Rows) * KeySize).Clear();
            return (float*)memory;
        }

        readonly void Write(AttentionItem item, AttentionState state)
        {
            for (int row = 0; row < item.Tokens * Group; row++)
            {
                float* to = Output.FloatRow(item.FirstRow + row / Group) + (nint)(item.KvHead * Group + row % Group) * ValueSize;
                float weights = state.Weights[row];
                if (weights == 0)
                {
                    new Span<float>(to, ValueSize).Clear();
                    continue;
                }

                Affine(state.Sums + (nint)row * Stride, to, ValueSize, 1 / weights, 0);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static byte* Take(ref byte* memory, nint bytes)
        {
            byte* taken = memory;
            memory += (bytes + 63) & -64;
            return taken;
        }
    }
}
