using Sensorium.Tensors.Formats;

namespace Sensorium.Tensors.Cpu.Generated;

/// <summary>Widens float16 to float32, by generated code where there is some.</summary>
sealed unsafe class WidenCode(CompiledKernel? kernel)
{
    CompiledKernel? kernel = kernel;

    /// <summary>Whether generated code does it.</summary>
    public bool IsGenerated => kernel != null;

    /// <summary>Widens so many numbers.</summary>
    /// <param name="from">The numbers.</param>
    /// <param name="to">As many of float32.</param>
    /// <param name="count">How many.</param>
    public void Widen(ushort* from, float* to, nint count)
    {
        nint rounds = kernel is null ? 0 : count / WidenKernel.Numbers, done = rounds * WidenKernel.Numbers;
        if (rounds > 0)
        {
            var arguments = new WidenArguments { From = from, To = to, Count = rounds };
            kernel!.Call(&arguments);
        }

        HalfFloats.FromF16(from + done, to + done, count - done);
    }

    /// <summary>Whether it gives what the plain loop gives, for every number there is.</summary>
    public bool Agrees()
    {
        const int All = 1 << 16, Part = 1 << 10;
        ushort* from = stackalloc ushort[Part];
        float* to = stackalloc float[Part];
        for (int first = 0; first < All; first += Part)
        {
            for (int i = 0; i < Part; i++)
            {
                from[i] = (ushort)(first + i);
            }

            Widen(from, to, Part);
            for (int i = 0; i < Part; i++)
            {
                float expected = HalfFloats.FromF16(from[i]);
                if (to[i] != expected && !(float.IsNaN(to[i]) && float.IsNaN(expected)))
                {
                    return false;
                }
            }
        }

        return true;
    }

    /// <summary>Forgets the code.</summary>
    public void Clear() => kernel = null;
}
