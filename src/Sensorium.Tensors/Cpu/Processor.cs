namespace Sensorium.Tensors.Cpu;

/// <summary>How many cores there are to work on.</summary>
static class Processor
{
    /// <summary>Cores that this process may use, siblings of one core counted once where the system tells.</summary>
    public static int Cores { get; } = Math.Max(1, Math.Min(Environment.ProcessorCount, PhysicalCores() ?? int.MaxValue));

    static int? PhysicalCores()
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        try
        {
            var siblings = new HashSet<string>(StringComparer.Ordinal);
            foreach (string cpu in Directory.EnumerateDirectories("/sys/devices/system/cpu", "cpu*"))
            {
                string list = Path.Combine(cpu, "topology/thread_siblings_list");
                if (File.Exists(list))
                {
                    siblings.Add(File.ReadAllText(list).Trim());
                }
            }

            return siblings.Count == 0 ? null : siblings.Count;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
