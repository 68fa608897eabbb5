using Sensorium.Tensors.Formats;

namespace Sensorium.Tensors.Cpu.Generated;

/// <summary>The compiled page kernels.</summary>
sealed unsafe class PageCode
{
    /// <summary>What columns must be a multiple of.</summary>
    public const int ColumnStep = 16;

    // Widths of the kernels, the largest first.
    static readonly int[] Widths = [64, 32, ColumnStep];

    // [rows][widths]
    readonly CompiledKernel?[] kernels = new CompiledKernel?[(PageKernel.MostRows + 1) * Widths.Length];

    /// <param name="programs">Those of <see cref="Programs"/>.</param>
    /// <param name="compiled">The same, compiled.</param>
    public PageCode(IReadOnlyList<KernelProgram> programs, IReadOnlyList<CompiledKernel> compiled)
    {
        for (int i = 0; i < programs.Count; i++)
        {
            var kernel = (PageKernel)programs[i];
            kernels[kernel.Rows * Widths.Length + Array.IndexOf(Widths, kernel.Columns)] = compiled[i];
        }
    }

    /// <summary>False when the device is gone, and the code with it.</summary>
    public bool IsLive => kernels[^1] != null;

    /// <summary>All that is needed for <see cref="Multiply"/>.</summary>
    public static IReadOnlyList<KernelProgram> Programs(Instructions set) =>
    [
        .. from rows in Enumerable.Range(1, PageKernel.MostRows)
           from columns in Widths
           where columns <= PageKernel.MostColumns(set)
           select new PageKernel(set, rows, columns)
    ];

    /// <summary>c = a b, or c += a b.</summary>
    /// <param name="rows">Rows, any number.</param>
    /// <param name="columns">A multiple of <see cref="ColumnStep"/>.</param>
    /// <param name="arguments">Of the whole.</param>
    public void Multiply(int rows, int columns, PageArguments arguments)
    {
        arguments.Next = arguments.Next == null ? arguments.B : arguments.Next;
        for (int tiles = (rows + PageKernel.MostRows - 1) / PageKernel.MostRows; tiles > 0; tiles--)
        {
            int count = (rows + tiles - 1) / tiles;
            PageArguments part = arguments;
            int left = columns;
            for (int i = 0; i < Widths.Length; i++)
            {
                int width = Widths[i];
                for (CompiledKernel? kernel = kernels[count * Widths.Length + i]; kernel != null && left >= width; left -= width)
                {
                    kernel.Call(&part);
                    part.B += width;
                    part.C += width;
                    part.Next = (ushort*)part.Next + width;
                }
            }

            rows -= count;
            arguments.A = (float*)((byte*)arguments.A + count * arguments.AStride);
            arguments.C = (float*)((byte*)arguments.C + count * arguments.CStride);
        }
    }

    /// <summary>Whether it gives what the plain loop gives, for every kernel.</summary>
    public bool Agrees()
    {
        const int Steps = 5, Most = PageKernel.MostRows, Width = 112;
        float* a = stackalloc float[Most * Steps], c = stackalloc float[Most * Width], expected = stackalloc float[Most * Width];
        ushort* b = stackalloc ushort[Steps * Width];
        var numbers = new TrialNumbers(1);
        for (int i = 0; i < Most * Steps; i++)
        {
            a[i] = numbers.Float();
        }

        for (int i = 0; i < Steps * Width; i++)
        {
            b[i] = HalfFloats.ToF16(numbers.Float());
        }

        for (int rows = 1; rows <= Most; rows++)
        {
            for (int add = 0; add < 2; add++)
            {
                for (int i = 0; i < rows * Width; i++)
                {
                    c[i] = expected[i] = numbers.Float();
                }

                var arguments = new PageArguments { A = a, AStride = Steps * sizeof(float), B = b, BStride = Width * sizeof(ushort), C = c, CStride = Width * sizeof(float), Steps = Steps, Add = add };
                Plain(rows, Width, arguments with { C = expected });
                Multiply(rows, Width, arguments);
                if (!new ReadOnlySpan<byte>(c, rows * Width * sizeof(float)).SequenceEqual(new ReadOnlySpan<byte>(expected, rows * Width * sizeof(float))))
                {
                    return false;
                }
            }
        }

        return true;
    }

    /// <summary>The plain loop that the kernels must equal to the bit.</summary>
    public static void Plain(int rows, int columns, PageArguments arguments)
    {
        for (int row = 0; row < rows; row++)
        {
            float* a = (float*)((byte*)arguments.A + row * arguments.AStride), c = (float*)((byte*)arguments.C + row * arguments.CStride);
            for (int column = 0; column < columns; column++)
            {
                float sum = arguments.Add == 0 ? 0 : c[column];
                for (nint step = 0; step < arguments.Steps; step++)
                {
                    sum = MathF.FusedMultiplyAdd(a[step], HalfFloats.FromF16(*(ushort*)((byte*)(arguments.B + column) + step * arguments.BStride)), sum);
                }

                c[column] = sum;
            }
        }
    }

    /// <summary>Forgets the code.</summary>
    public void Clear() => Array.Clear(kernels);
}
