package clinic;

import org.springframework.data.jpa.repository.Query;

interface PatientRepository {
  // The entity's language, not SQL.
  @Query("SELECT p FROM Patient p WHERE p.name = :name")
  List<Patient> byName(String name);

  @Query(value = "SELECT * FROM patient WHERE name = :name", nativeQuery = true)
  List<Patient> byNameAnywhere(String name);
}
