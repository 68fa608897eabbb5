using System.Runtime.CompilerServices;
using Sensorium.Tensors.Cpu.Products;
using Sensorium.Tensors.Formats;

namespace Sensorium.Tensors.Cpu;

public sealed unsafe partial class CpuCompute
{
    /// <inheritdoc/>
    public override void Append(Plan plan, int layer, Tensor keys, Tensor values)
    {
        CpuKvPool pool = Own(plan.Kv);
        KvLayout layout = pool.Layout;
        ShapeCheck.Size(keys, plan.Rows, (nint)layout.Heads * layout.KeySize);
        ShapeCheck.Size(values, plan.Rows, (nint)layout.Heads * layout.ValueSize);
        int count = 0;
        for (int i = 0; i < plan.Segments.Length; i++)
        {
            ShapeCheck.Pages(plan, i);
            count += plan.Segments[i].Rows / KvPool.PageRows + 2;
        }

        Scratch.Mark mark = Mark();
        var places = (Place*)NewBytes(count * sizeof(Place));
        count = 0;
        foreach (Segment segment in plan.Segments)
        {
            for (int row = 0; row < segment.Rows;)
            {
                int token = segment.Start + row;
                int slot = token % KvPool.PageRows;
                int rows = Math.Min(KvPool.PageRows - slot, segment.Rows - row);
                places[count++] = new Place { Page = pool.Layer(segment.Pages![token / KvPool.PageRows], layer), Slot = slot, FirstRow = segment.FirstRow + row, Rows = rows };
                row += rows;
            }
        }

        Pack(places, count, keys, values, layout.Heads, pool.Type);
        Release(mark);
    }

    /// <inheritdoc/>
    public override (Tensor Keys, Tensor Values) ReadPages(KvPool pool, PageTable? pages, int layer, int length)
    {
        ShapeCheck.Pages(pool, pages, layer, length);
        CpuKvPool own = Own(pool);
        KvLayout layout = pool.Layout;
        Tensor keys = New(length, (nint)layout.Heads * layout.KeySize);
        Tensor values = New(length, (nint)layout.Heads * layout.ValueSize);
        for (int token = 0; token < length; token++)
        {
            int slot = token % KvPool.PageRows;
            byte* page = own.Layer(pages![token / KvPool.PageRows], layer);
            nint element = 0;
            for (int head = 0; head < layout.Heads; head++)
            {
                for (int i = 0; i < layout.KeySize; i++, element += KvPool.PageRows)
                {
                    keys.FloatRow(token)[head * layout.KeySize + i] = Number(page, element + slot, pool.Type);
                }

                for (int i = 0; i < layout.ValueSize; i++)
                {
                    values.FloatRow(token)[head * layout.ValueSize + i] = Number(page, element + (nint)slot * layout.ValueSize + i, pool.Type);
                }

                element += (nint)KvPool.PageRows * layout.ValueSize;
            }
        }

        return (keys, values);
    }

    static CpuKvPool Own(KvPool? pool) => pool as CpuKvPool
        ?? throw new InvalidOperationException(pool is null ? "the plan has no pages" : "the plan's pages belong to another device");

    static float Number(byte* page, nint element, DType type) =>
        type == DType.F16 ? HalfFloats.FromF16(((ushort*)page)[element]) : ((float*)page)[element];

    /// <summary>Some neighbouring rows and where in a page they belong.</summary>
    struct Place
    {
        public byte* Page;
        public int Slot;
        public int FirstRow;
        public int Rows;
    }

    /// <summary>Writes rows of keys and values into pages, keys transposed (see <see cref="KvPool"/>).</summary>
    void Pack(Place* places, int count, Tensor keys, Tensor values, int heads, DType type)
    {
        var job = new PackJob { Places = places, Keys = keys, Values = values, Heads = heads, Half = type == DType.F16 };
        nint grain = keys.Rows * (keys.Columns + values.Columns) < WorthSharing ? (nint)count * heads : 1;
        Workers.Run((nint)count * heads, ref job, grain);
    }

    struct PackJob : IJob
    {
        // So many numbers of a key fill a line of the cache.
        const int Line = 16;

        public Place* Places;
        public Tensor Keys;
        public Tensor Values;
        public int Heads;
        public bool Half;

        readonly int ElementSize => Half ? sizeof(ushort) : sizeof(float);

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run(nint item, int worker)
        {
            Place place = Places[item / Heads];
            int head = (int)(item % Heads);
            int keySize = (int)(Keys.Columns / Heads);
            int valueSize = (int)(Values.Columns / Heads);
            nint keyNumbers = (nint)keySize * KvPool.PageRows;
            nint first = head * (keyNumbers + (nint)valueSize * KvPool.PageRows);
            nint values = first + keyNumbers + (nint)place.Slot * valueSize;
            PackKeys(place, head * keySize, keySize, place.Page + first * ElementSize);
            for (int row = 0; row < place.Rows; row++)
            {
                float* from = Values.FloatRow(place.FirstRow + row) + head * valueSize;
                byte* to = place.Page + (values + (nint)row * valueSize) * ElementSize;
                if (Half)
                {
                    HalfFloats.ToF16(from, (ushort*)to, valueSize);
                }
                else
                {
                    Copy(from, (float*)to, valueSize);
                }
            }
        }

        /// <summary>Puts keys' numbers a page's row apart: <c>[rows][size]</c> becomes <c>[size][PageRows]</c> from the place's slot on.</summary>
        readonly void PackKeys(Place place, int column, int size, byte* keys)
        {
            if (Half && place.Rows < Line)
            {
                PackFewKeys(place, column, size, (ushort*)keys + place.Slot);
                return;
            }

            float* turned = stackalloc float[Line * KvPool.PageRows];
            float** rows = stackalloc float*[KvPool.PageRows];
            for (int d = 0; d < size; d += Line)
            {
                int numbers = Math.Min(Line, size - d);
                for (int row = 0; row < place.Rows; row++)
                {
                    rows[row] = Keys.FloatRow(place.FirstRow + row) + column + d;
                }

                nint at = (nint)d * KvPool.PageRows + place.Slot;
                if (!Half)
                {
                    RowTransposer.Pack(rows, place.Rows, numbers, (float*)keys + at, KvPool.PageRows);
                    continue;
                }

                RowTransposer.Pack(rows, place.Rows, numbers, turned, place.Rows);
                for (int i = 0; i < numbers; i++)
                {
                    HalfFloats.ToF16(turned + i * place.Rows, (ushort*)keys + at + (nint)i * KvPool.PageRows, place.Rows);
                }
            }
        }

        /// <summary>The same for so few rows that they are better rounded before they are turned.</summary>
        readonly void PackFewKeys(Place place, int column, int size, ushort* keys)
        {
            ushort* rounded = stackalloc ushort[Line];
            for (int row = 0; row < place.Rows; row++)
            {
                float* from = Keys.FloatRow(place.FirstRow + row) + column;
                for (int d = 0; d < size; d += Line)
                {
                    int numbers = Math.Min(Line, size - d);
                    HalfFloats.ToF16(from + d, rounded, numbers);
                    for (int i = 0; i < numbers; i++)
                    {
                        keys[(nint)(d + i) * KvPool.PageRows + row] = rounded[i];
                    }
                }
            }
        }
    }
}
